/** Rooms of the attacker begin with this. */
export const attackersRooms = 'attack-'
/** A room with a password, of four digits. */
export const lockedRoom = 'locked'
export const password = '7391'
/** Tokens that begin with this are never answered. */
export const stuckUsers = 'stuck-'
/** Tokens that begin with this are refused. */
export const wrongUsers = 'wrong-'
