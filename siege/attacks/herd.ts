import type { Attack } from '../attack/attack.js'
import { hoard } from '../attack/hoard.js'

export const herd: Attack = {
  description: 'is in as many rooms as it may, as 20 users of 20 addresses',
  run: async (field) =>
    field.repeat(20, async (link) => hoard(field, `${link}`, `attacker-${link}`, { host: link + 2 })),
}
