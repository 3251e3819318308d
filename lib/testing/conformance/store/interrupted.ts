import type { Change } from '../../../store/port.js'
import type { Case } from '../case.js'
import { equals, holds } from '../check.js'
import { type CaseIn, one, reopened, scope, value } from './rig.js'

/** The batch of a consumer that posts a result: it stores the position and the post in one step. */
const consumed: readonly Change[] = [
  { key: 'post 2', text: 'two' },
  { key: 'post 1' },
  { key: 'position', text: '2' },
  { key: 'post 3', text: 'three' },
]
const [beforeIt, afterIt] = [
  { 'post 1': 'one', position: '1' },
  { position: '2', 'post 2': 'two', 'post 3': 'three' },
]
const sorted = (texts: Readonly<Record<string, string>>): unknown => Object.entries(texts).sort()

export const interrupted = (of: CaseIn): readonly Case[] => [
  of(
    '[ST36] a batch is made as a whole or not at all, wherever the storage fails, and can be written again',
    async (rig) => {
      for (let at = 1, isHit = true; isHit; at++) {
        holds('the storage fails for ever', at < 1_000)
        const held = await value('open', rig.store().open(scope(`i${at}`)))
        await value(
          'write',
          held.write([
            { key: 'post 1', text: 'one' },
            { key: 'position', text: '1' },
          ]),
        )
        const over = rig.interrupt?.(at) ?? (() => false)
        const answer = await one('write', held.write(consumed))
        isHit = over()
        holds('the storage failed at least once', isHit || at > 1)
        await one('close', held.close())
        const there = sorted(await reopened(rig.store(), scope(`i${at}`)))
        const isAfter = JSON.stringify(there) === JSON.stringify(sorted(afterIt))
        if (answer._tag === 'Right' || isAfter) equals(`after a failure at step ${at}`, there, sorted(afterIt))
        else equals(`after a failure at step ${at}`, there, sorted(beforeIt))
        const again = await value('open', rig.store().open(scope(`i${at}`)))
        await value('write again', again.write(consumed))
        await value('close', again.close())
        equals('written again', sorted(await reopened(rig.store(), scope(`i${at}`))), sorted(afterIt))
      }
    },
  ),
]
