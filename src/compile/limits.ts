/**
 * Elements that one conduit may have: as many as nobody could review any more, and few enough to be proved in seconds
 * and loaded in one transaction. A plant with more has more than one conduit.
 */
export const mostElements = 65_536;
