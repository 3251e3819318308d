import { payloadDepth } from '../core/plain.js'

/** The bounds that hold without being announced. */
export const bounds = {
  roomBytes: 256,
  eventBytes: 64,
  idBytes: 64,
  userBytes: 256,
  /** The key of a row: one that a client writes is a name of a room's length, one of `members` holds a user and a session. */
  keyBytes: 384,
  /** The rows and the names that a view may ask for. */
  viewRows: 1_000,
  payloadDepth,
  /** JSON of the data, and of the roles, of a user. */
  userDataBytes: 4_096,
  rolesBytes: 8_192,
  /** JSON of the metadata of a room, the reason of a removal or of an end, and the listed names of metadata. */
  metadataBytes: 1_024,
  reasonBytes: 256,
  listedNames: 32,
  /** Users of one reservation. */
  reservedUsers: 256,
  batchBytes: 64 * 1024,
  /** Rooms of one `joins`. */
  joinsRooms: 256,
  /** Joins of one `hello`. */
  helloJoins: 4_096,
  /** Envelopes of one WebSocket message, beside the joins and leaves that a server accepts. */
  batchPieces: 64,
  /** Bytes of a message's envelope beyond the payload: reserved so that a client can receive any message another can send. */
  envelopeBytes: 2_048,
  /** Bytes that every server accepts as a first message. */
  firstMessageBytes: 64 * 1024,
} as const
