import type { ClientRecord, Delivered, Invoked } from '../../chaos/history/record.js'
import { find, of, type Run } from './support.js'

const is =
  (tag: ClientRecord[0]) =>
  (record: ClientRecord): boolean =>
    record[0] === tag
const delivered = (records: readonly ClientRecord[]): number => find(records, is('delivered'))
export const receipt = (records: readonly ClientRecord[]): number => find(records, is('receipt'))
const after = (records: readonly ClientRecord[], at: number): number =>
  records.findIndex((record, index) => index > at && record[0] === 'delivered' && record[2] === records[at]![2])
const edit = <T extends ClientRecord[0]>(
  records: ClientRecord[],
  at: number,
  _tag: T,
  change: (record: Extract<ClientRecord, readonly [T, ...unknown[]]>) => ClientRecord,
): void => {
  records[at] = change(records[at] as Extract<ClientRecord, readonly [T, ...unknown[]]>)
}

/** One error each, in a run of ten thousand records, and what finds it. */
export const planted: readonly [string, readonly string[], (run: Run) => void][] = [
  ['a drop', ['stream/hole'], (run) => of(run, 's1').splice(delivered(of(run, 's1')), 1)],
  [
    'a double',
    ['stream/repeated'],
    (run) => {
      const records = of(run, 's1')
      const at = delivered(records)
      records.splice(at, 0, records[at]!)
    },
  ],
  [
    'a swap',
    ['stream/hole', 'stream/repeated'],
    (run) => {
      const records = of(run, 's2')
      const at = delivered(records)
      const next = after(records, at)
      const [one, other] = [records[at]!, records[next]!]
      records[at] = other
      records[next] = one
    },
  ],
  [
    'a message in the place of another',
    ['stream/wrong'],
    (run) => {
      const records = of(run, 's2')
      edit(records, delivered(records), 'delivered', ([tag, at, stream, epoch, offset, , data]) => [
        tag, at, stream, epoch, offset, 'm0', data,
      ]) // prettier-ignore
    },
  ],
  [
    'a payload of another message',
    ['stream/payload'],
    (run) => {
      const records = of(run, 's2')
      edit(records, delivered(records), 'delivered', ([tag, at, stream, epoch, offset, id]) => [
        tag, at, stream, epoch, offset, id, 'm0',
      ]) // prettier-ignore
    },
  ],
  [
    'a wrong receipt',
    ['receipt/wrong'],
    (run) => {
      const records = of(run, 'w1')
      edit(records, receipt(records), 'receipt', ([tag, at, id, epoch, offset]) => [tag, at, id, epoch, offset - 1, 0])
    },
  ],
  [
    'a receipt of another epoch',
    ['receipt/wrong'],
    (run) => {
      const records = of(run, 'w1')
      edit(records, receipt(records), 'receipt', ([tag, at, id, , offset]) => [tag, at, id, 'r3-e', offset, 0])
    },
  ],
  [
    'a receipt for what is not in the log',
    ['receipt/wrong'],
    (run) =>
      of(run, 'w1').splice(-1, 0, ['invoked', 5_000, 'ghost', 'r1'], ['receipt', 5_001, 'ghost', 'r1-e', 5_000, 0]),
  ],
  [
    'a Left(no) that is in the log',
    ['refusal/logged'],
    (run) => {
      const records = of(run, 'w2')
      edit(records, receipt(records), 'receipt', ([, at, id]) => ['refused', at, id, 'no', 'delivery/full'])
    },
  ],
  [
    'a Left(unknown) that no fault entails',
    ['unknown/unexcused'],
    (run) => {
      const records = of(run, 'w2')
      edit(records, receipt(records), 'receipt', ([, at, id]) => ['refused', at, id, 'unknown', 'delivery/unknown'])
    },
  ],
  [
    'a Left(unknown) of one client while another sent poison',
    ['unknown/unexcused'],
    (run) => {
      run.director.unshift(['broken', 0, 1e9, 'poison', ['w1'], ['unknown']])
      const records = of(run, 'w2')
      edit(records, receipt(records), 'receipt', ([, at, id]) => ['refused', at, id, 'unknown', 'delivery/unknown'])
    },
  ],
  [
    'a gap of one client where the log of another was cut',
    ['gap/unexcused'],
    (run) => {
      run.director.unshift(['broken', 0, 1e9, 'truncate', ['s2'], ['cut']])
      const records = of(run, 's1')
      const at = delivered(records)
      const [, now, stream, epoch, offset] = records[at] as Delivered
      run.server.push(['head', now - 0.5, `r${stream + 1}`, epoch, offset + 1, run.logs[stream]!.ids.length])
      records[at] = ['gap', now, stream, [epoch, offset - 1], [epoch, offset], 'truncated']
    },
  ],
  [
    'a send that is never settled',
    ['send/open', 'settle/late'],
    (run) => of(run, 'w1').splice(receipt(of(run, 'w1')), 1),
  ],
  [
    'a send that is settled twice',
    ['send/twice'],
    (run) => {
      const records = of(run, 'w1')
      const at = receipt(records)
      records.splice(at, 0, records[at]!)
    },
  ],
  [
    'an id that nobody has sent',
    ['send/unasked', 'log/uninvoked'],
    (run) => of(run, 'w1').splice(find(of(run, 'w1'), is('invoked')), 1),
  ],
  [
    'an id that is in the log twice',
    ['log/double', 'receipt/wrong', 'stream/wrong'],
    (run) => {
      const { ids } = run.logs[0]!
      run.server.forEach((record, at) => {
        if (record[0] === 'logged' && record[2] === 'r1' && record[4] === 500)
          run.server[at] = [...record.slice(0, 5), [ids[2]!]] as never
      })
      ids[499] = ids[2]!
    },
  ],
  ['a log that changed', ['log/rewritten'], (run) => (run.logs[0]!.ids[499] = run.logs[0]!.ids[2]!)],
  [
    'a log that ended shorter than it was',
    ['log/lost'],
    (run) => run.logs[1]!.ids.splice(run.logs[1]!.ids.length - 3, 3),
  ],
  ['a log that began anew by itself', ['log/epoch'], (run) => Object.assign(run.logs[1]!, { epoch: 'other', ids: [] })],
  [
    'a log that was cut by itself',
    ['log/cut'],
    (run) => run.server.push(['head', 1e9, 'r1', 'r1-e', 200, run.logs[0]!.ids.length]),
  ],
  [
    'a lane that is reordered',
    ['lane/order'],
    (run) => {
      const records = of(run, 'w1')
      const first = find(records, is('invoked'))
      const [, at, , room] = records[first] as Invoked
      const second = records.findIndex(
        (record, index) => index > first && record[0] === 'invoked' && record[3] === room,
      )
      const [, , id] = records.splice(second, 1)[0] as Invoked
      records.splice(first, 0, ['invoked', at - 0.5, id, room])
    },
  ],
  [
    'a message that is placed before what its sender could have seen',
    ['time/order'],
    (run) => {
      const records = of(run, 'w1')
      const at = find(records, is('invoked'))
      const late = of(run, 's1')[
        of(run, 's1').findIndex((record) => record[0] === 'delivered' && record[5] === records[at]![2]) + 40
      ]!
      edit(records, at, 'invoked', ([tag, , id, room]) => [tag, late[1] + 0.5, id, room])
    },
  ],
  [
    'a gap over messages that the room still has',
    ['gap/available', 'gap/unexcused'],
    (run) => {
      const records = of(run, 's1')
      edit(records, delivered(records), 'delivered', ([, at, stream, epoch, offset]) => [
        'gap', at, stream, [epoch, offset - 1], [epoch, offset], 'truncated',
      ]) // prettier-ignore
    },
  ],
  [
    'a gap that is not where its stream is',
    ['gap/place', 'gap/available'],
    (run) => {
      run.director.unshift(['broken', 0, 1e9, 'truncate', ['s1'], ['cut']])
      const records = of(run, 's1')
      const at = delivered(records)
      edit(records, at, 'delivered', ([, now, stream, epoch, offset]) => [
        'gap', now, stream, [epoch, offset - 3], [epoch, offset], 'truncated',
      ]) // prettier-ignore
    },
  ],
  [
    'an epoch without a gap',
    ['stream/epoch', 'stream/wrong'],
    (run) => {
      const records = of(run, 's1')
      edit(records, delivered(records), 'delivered', ([tag, at, stream, , offset, id, data]) => [
        tag, at, stream, stream === 0 ? 'r2-e' : 'r1-e', offset, id, data,
      ]) // prettier-ignore
    },
  ],
  [
    'a client that never settles',
    ['settle/behind'],
    (run) => {
      const records = of(run, 's1')
      records.splice(records.length - 21, 20)
    },
  ],
  [
    'a client that does not come back',
    ['settle/behind'],
    (run) => {
      const records = of(run, 's1')
      records.splice(records.length - 1, 0, ['state', records.at(-2)![1], 'Waiting', ''])
    },
  ],
  [
    'a client that gave up',
    ['state/stopped', 'settle/behind'],
    (run) => of(run, 's2').splice(-1, 0, ['state', of(run, 's2').at(-2)![1], 'Stopped', 'auth/rejected']),
  ],
  ['a defect', ['client/fault'], (run) => of(run, 's2').splice(50, 0, ['fault', 51, 'Defect', 'oh'])],
  [
    'a refused room',
    ['stream/told'],
    (run) => of(run, 's2').splice(50, 0, ['told', 51, 0, 'room/forbidden', 'terminal']),
  ],
]
