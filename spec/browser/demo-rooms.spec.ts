import { browsing, type Browsing } from './browsing.js'
import { visitor, type Visitor } from './visitor.js'

describe('the rooms of the demo', () => {
  let open: Browsing | undefined
  let ana: Visitor
  let ben: Visitor

  beforeAll(async () => {
    open = await browsing()
    ana = await visitor(open.browser, open.url)
    ben = await visitor(open.browser, open.url)
    await ana.online()
    await ben.online()
  }, 90_000)
  afterAll(async () => {
    await open?.end()
  }, 30_000)

  const lists = async (who: Visitor, rooms: readonly string[]): Promise<void> => {
    await who.page.bringToFront()
    await who.see(`the rooms ${rooms.join()}`, async () => (await who.rooms()).join() === rooms.join())
  }
  const hears = (who: Visitor, text: string) =>
    who.see(`"${text}"`, async () => (await who.chat()).some((line) => line.text === text && line.offset !== ''))
  const isShut = ({ page }: Visitor) => page.$eval('#door', (node) => node.checkVisibility())
  const enter = async ({ page }: Visitor, password: string): Promise<void> => {
    await page.type('#password', `${password}\n`)
  }

  it('[DM27] a room with a password stays closed without it', async () => {
    await ben.page.bringToFront()
    await ben.choose('backstage')
    await ben.see('a door', () => isShut(ben))
    expect(await ben.text('#door-title')).toBe('backstage is private')
    expect(await ben.page.$eval('#composer', (node) => node.checkVisibility())).toBe(false)
    await enter(ben, 'please')
    await ben.see('no', async () => (await ben.text('#door-words')) === 'That was not the password.')
    await ben.see('a door', () => isShut(ben))
    // Before the door, one is not inside.
    await lists(ana, ['*lobby 2', 'backstage 0'])
    await ben.page.bringToFront()
    await enter(ben, 'sesame')
    await ben.see('no door', async () => !(await isShut(ben)))
    await ben.say('in here')
    await hears(ben, 'in here')
    expect((await ana.chat()).map(({ text }) => text)).toEqual([])
  }, 60_000)

  it('[DM25] lists the rooms with how many are there, and keeps what is said elsewhere meanwhile', async () => {
    await lists(ben, ['lobby 1', '*backstage 1'])
    await lists(ana, ['*lobby 1', 'backstage 1'])
    await ana.say('in the lobby')
    await hears(ana, 'in the lobby')
    expect(await ana.members()).toHaveLength(1)
    await ben.page.bringToFront()
    expect((await ben.chat()).map(({ text }) => text)).toEqual(['in here'])
    await ben.choose('lobby')
    await hears(ben, 'in the lobby')
    await ben.see('both', async () => (await ben.members()).length === 2)
    await lists(ana, ['*lobby 2', 'backstage 0'])
    await ben.page.bringToFront()
    await ben.choose('backstage')
    await hears(ben, 'in here')
    expect(await isShut(ben)).toBe(false)
    expect((await ben.books())['backstage']).toMatchObject({ received: 1, duplicates: 0, lost: 0 })
  }, 60_000)

  it('[DM26] creates rooms, which others see while somebody looks at them', async () => {
    await ana.page.bringToFront()
    await ana.page.type('#new-room', 'tea\n')
    await lists(ana, ['lobby 0', 'backstage 1', '*tea 1'])
    await ana.say('Tea is ready.')
    await hears(ana, 'Tea is ready.')
    await lists(ben, ['lobby 0', '*backstage 1', 'tea 1'])
    // A name that is in use leads to the room that has it.
    await ben.page.type('#new-room', 'tea\n')
    await hears(ben, 'Tea is ready.')
    await lists(ben, ['lobby 0', 'backstage 0', '*tea 2'])
    expect(await ben.text('#refused')).toBe('')
  }, 60_000)

  it('[DM28] removes somebody, who is told who did it, why, and when to come back', async () => {
    const [nameOfAna, nameOfBen] = await Promise.all(
      [ana, ben].map(({ page }) => page.$eval('#name', (node) => (node as HTMLInputElement).value)),
    )
    // Only the one who made the room may remove others.
    const buttons = ({ page }: Visitor) => page.$$eval('#members button:not([hidden])', (all) => all.length)
    expect(await buttons(ben)).toBe(0)
    await ana.page.bringToFront()
    expect(await buttons(ana)).toBe(1)
    await ana.page.$eval('#members button:not([hidden])', (button) => (button as HTMLElement).click())
    expect(await ana.text('#removal-title')).toBe(`Remove ${nameOfBen}?`)
    await ana.page.type('#because', 'too loud\n')
    await lists(ana, ['lobby 1', 'backstage 0', '*tea 1'])

    await ben.page.bringToFront()
    await ben.see('a door', () => isShut(ben))
    expect(await ben.text('#door-title')).toBe('You were removed from tea')
    expect(await ben.text('#door-words')).toMatch(
      new RegExp(`^By ${nameOfAna}: “too loud”\\. You may come back in 1?\\d s\\.$`),
    )
    const mayReturn = () => ben.page.$eval('#again', (button) => !(button as HTMLButtonElement).disabled)
    expect(await mayReturn()).toBe(false)
    await ana.page.bringToFront()
    await ana.say('while you were out')
    await ben.page.bringToFront()
    await ben.see('the way back', mayReturn)
    expect(await ben.text('#door-words')).toBe(`By ${nameOfAna}: “too loud”. You may come back now.`)
    await ben.click('again')
    await hears(ben, 'while you were out')
    expect(await isShut(ben)).toBe(false)
    expect((await ben.books())['tea']).toMatchObject({ received: 2, duplicates: 0, lost: 0, gaps: 0 })
  }, 90_000)

  it('[DM11] and in all this they had nothing to complain about', () => {
    expect([...ana.complaints, ...ben.complaints]).toEqual([])
  })
})
