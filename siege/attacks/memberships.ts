import type { Attack } from '../attack/attack.js'
import { hoard } from '../attack/hoard.js'

export const memberships: Attack = {
  description: 'is in as many rooms as it may, on 4 links of one user',
  run: async (field) => field.repeat(4, async (link) => hoard(field, `${link}`, 'attacker', {})),
}
