/** Lowest port that Linux gives to a client by itself (ip_local_port_range); IANA's dynamic range starts at 49152 (RFC 6335). */
export const firstClientPort = 32_768;

/** Whether a packet to this port may be an answer to a client. */
export const isClientPort = (port: number | undefined): boolean =>
  port !== undefined && port >= firstClientPort;
