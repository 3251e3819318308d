// The bounds that hold without being announced, each a constant of its own: importers take them as `bounds`.

export { payloadDepth } from '../core/plain.js'

export const roomBytes = 256
export const eventBytes = 64
export const idBytes = 64
export const userBytes = 256
/** The key of a row: one that a client writes is a name of a room's length, one of `members` holds a user and a session. */
export const keyBytes = 384
/** The rows and the names that a view may ask for. */
export const viewRows = 1_000
/** JSON of the data, and of the roles, of a user. */
export const userDataBytes = 4_096
export const rolesBytes = 8_192
/** JSON of the metadata of a room, the reason of a removal or of an end, and the listed names of metadata. */
export const metadataBytes = 1_024
export const reasonBytes = 256
/** The password of a created room, an invitation, and the users that an invitation with a limit lets in. */
export const passwordBytes = 256
export const invitationBytes = 2_048
export const invitationUses = 100
export const listedNames = 32
/** Users of one reservation. */
export const reservedUsers = 256
export const batchBytes = 64 * 1024
/** Rooms of one `joins`. */
export const joinsRooms = 256
/** Joins of one `hello`. */
export const helloJoins = 4_096
/** Envelopes of one WebSocket message, beside the joins and leaves that a server accepts. */
export const batchPieces = 64
/** Bytes of a message's envelope beyond the payload: reserved so that a client can receive any message another can send. */
export const envelopeBytes = 2_048
/** Bytes that every server accepts as a first message. */
export const firstMessageBytes = 64 * 1024
