import * as E from '#fp/Either'
import { timer, map } from 'rxjs'
import { calls } from '../../../lib/features/calls/index.js'
import { fakeServer } from '../../../lib/testing/fake.js'
import { virtualTime } from '../../../lib/testing/virtual.js'
import { see } from '../../support/seen.js'
import { shop, shopAnswers } from './support.js'

it('[TE15] a fake server answers calls, and shows their frames', () => {
  const time = virtualTime()
  const server = fakeServer(time, {
    calls: shopAnswers({ buy: (name) => timer(50, time).pipe(map(() => E.right(name.length))) }),
  })
  const texts: string[] = []
  server.frames$.subscribe(({ text }) => texts.push(text))
  const client = server.client()
  const bought = see(client.room('r', shop).with(calls).call('buy', 'tea'))
  time.advanceBy(40)
  server.drop()
  time.advanceBy(2_000)
  expect(bought.only()).toEqual(E.right(3))
  expect(texts.filter((text) => /call|reply/.test(text))).toEqual([
    'call #1 r buy "tea"',
    'call #2 r buy "tea" again',
    'reply #2 last 1 3',
  ])
  server.close()
})
