/** Lowest port that the common systems give to a client by themselves (Linux ip_local_port_range). */
const firstClientPort = 32_768;

/** Whether a packet to this port may be an answer to a client. */
export const isClientPort = (port: number | undefined): boolean =>
  port !== undefined && port >= firstClientPort;
