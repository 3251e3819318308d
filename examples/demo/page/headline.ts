import type { Total } from './ledger.js'
import type { Tone } from './stretches.js'
import { number, plural } from './words.js'

/** What the headline is made of, at one moment. */
export interface Facts {
  readonly tone: Tone
  /** Messages of this tab that the server has not confirmed. */
  readonly waiting: number
  readonly total: Total
  readonly at: number
}

/** The connection and what it came to, in one sentence. */
export interface Headline {
  readonly tone: Tone | 'gap'
  readonly words: string
}

/** How things stood when the connection was lost. */
interface Outage {
  readonly caughtUp: number
  readonly gaps: number
  /** The most that waited. */
  readonly waited: number
  /** When the connection came back. */
  readonly back: number | undefined
}

interface Story {
  readonly hasBeenOnline: boolean
  readonly outage: Outage | undefined
  readonly headline: Headline
}

/** For so long an outage is told after its end. */
const toldMs = 30_000

const bug = ({ lost, duplicates }: Total): string | undefined =>
  lost > 0 || duplicates > 0 ? `${number(lost)} lost, ${number(duplicates)} doubled: that is a bug.` : undefined

const online = (total: Total): Headline => {
  const wrong = bug(total)
  if (wrong) return { tone: 'bad', words: `Online. ${wrong}` }
  const { received, gaps } = total
  if (received === 0) return { tone: 'good', words: 'Online. Nothing received yet.' }
  const count = `${number(received)} message${received === 1 ? '' : 's'}`
  return {
    tone: 'good',
    words:
      gaps > 0
        ? `Online. ${count}, none doubled; ${plural(gaps, 'gap')}, each shown in its place.`
        : `Online. ${count}: none lost, none doubled.`,
  }
}

const offline = (tone: Tone, waiting: number): Headline =>
  tone === 'warn'
    ? { tone, words: 'No sign of life: checking the connection.' }
    : { tone: 'bad', words: waiting === 0 ? 'Offline: nothing waiting.' : `Offline: ${number(waiting)} waiting.` }

const back = ({ caughtUp, gaps, waited }: Outage, { total, waiting }: Facts): Headline => {
  const wrong = bug(total)
  if (wrong) return { tone: 'bad', words: `Back: ${wrong}` }
  const [missed, sent, holes] = [total.caughtUp - caughtUp, waited - waiting, total.gaps - gaps]
  const parts = [
    ...(missed > 0 ? [`${number(missed)} caught up`] : []),
    ...(sent > 0 ? [`${number(sent)} sent`] : []),
    ...(holes > 0 ? [`${plural(holes, 'gap')}, each shown in its place`] : ['none lost']),
  ]
  return { tone: holes > 0 ? 'gap' : 'good', words: `Back: ${parts.join(', ')}.` }
}

export const untold: Story = {
  hasBeenOnline: false,
  outage: undefined,
  headline: { tone: 'quiet', words: 'Connecting …' },
}

/** The story after another moment. */
export const tell = (story: Story, facts: Facts): Story => {
  const { tone, waiting, total, at } = facts
  if (tone === 'good') {
    const { outage } = story
    const ended = outage && { ...outage, back: outage.back ?? at }
    const isTold = ended !== undefined && at - ended.back < toldMs
    return {
      hasBeenOnline: true,
      outage: isTold ? ended : undefined,
      headline: isTold ? back(ended, facts) : online(total),
    }
  }
  const isDown = tone === 'bad' || tone === 'warn' || story.hasBeenOnline || story.outage !== undefined
  if (!isDown) return story
  const before = story.outage?.back === undefined ? story.outage : undefined
  const outage: Outage = {
    caughtUp: before?.caughtUp ?? total.caughtUp,
    gaps: before?.gaps ?? total.gaps,
    waited: Math.max(before?.waited ?? 0, waiting),
    back: undefined,
  }
  return { ...story, outage, headline: offline(tone, waiting) }
}
