import type { Row } from '../tables/model.js'

/** The key of the row with the secret that signs the invitations of a room. */
export const SECRET = 'secret'

export const secretRow = (secret: string): Pick<Row, 'key' | 'value'> => ({
  key: SECRET,
  value: JSON.stringify(secret),
})

export const secretIn = ({ value }: Pick<Row, 'value'>): string => JSON.parse(value) as string
