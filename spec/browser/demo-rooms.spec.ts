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

  it('[DM27] a room with a password stays closed without it, and lets in who has it, also after a restart', async () => {
    await ben.page.bringToFront()
    await ben.choose('backstage')
    await ben.see('a door', () => isShut(ben))
    expect(await ben.text('#door-title')).toBe('backstage is private')
    expect(await ben.text('#secret')).toMatch(/sesame$/)
    expect(await ben.page.$eval('#composer', (node) => node.checkVisibility())).toBe(false)
    await enter(ben, 'please')
    await ben.see('no', async () => (await ben.text('#door-words')) === 'That was not the password.')
    await ben.see('a door', () => isShut(ben))
    // Before the door, one is not inside.
    await lists(ana, ['*lobby 2', 'backstage# 0'])
    await ben.page.bringToFront()
    await enter(ben, 'sesame')
    await ben.see('no door', async () => !(await isShut(ben)))
    await ben.say('in here')
    await hears(ben, 'in here')
    expect((await ana.chat()).map(({ text }) => text)).toEqual([])
    await ben.click('restart')
    await ben.offline()
    await ben.online()
    await ben.say('still in here')
    await hears(ben, 'still in here')
    expect(await isShut(ben)).toBe(false)
  }, 60_000)

  it('[DM25] lists the rooms with how many are in each, and keeps what is said elsewhere meanwhile', async () => {
    await lists(ben, ['lobby 2', '*backstage# 1'])
    await lists(ana, ['*lobby 2', 'backstage# 1'])
    await ana.say('in the lobby')
    await hears(ana, 'in the lobby')
    await ana.see('both', async () => (await ana.members()).length === 2)
    await ben.page.bringToFront()
    expect(await ben.members()).toHaveLength(1)
    expect((await ben.chat()).map(({ text }) => text)).toEqual(['in here', 'still in here'])
    await ben.choose('lobby')
    await hears(ben, 'in the lobby')
    await lists(ben, ['*lobby 2', 'backstage# 1'])
    await ben.choose('backstage')
    await hears(ben, 'in here')
    expect(await isShut(ben)).toBe(false)
    expect((await ben.books())['backstage']).toMatchObject({ received: 2, duplicates: 0, lost: 0 })
  }, 60_000)

  it('[DM26] creates rooms, which others see', async () => {
    await ana.page.bringToFront()
    await ana.page.type('#new-room', 'tea\n')
    await lists(ana, ['lobby 2', 'backstage# 1', '*tea 1'])
    expect(await isShut(ana)).toBe(false)
    await ana.say('Tea is ready.')
    await hears(ana, 'Tea is ready.')
    await lists(ben, ['lobby 2', '*backstage# 1', 'tea 1'])
    // A name that is in use leads to the room that has it.
    await ben.page.type('#new-room', 'tea\n')
    await hears(ben, 'Tea is ready.')
    await lists(ben, ['lobby 2', 'backstage# 1', '*tea 2'])
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
    await lists(ana, ['lobby 2', 'backstage# 1', '*tea 1'])

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

  const mayInvite = ({ page }: Visitor) => page.$eval('#invite', (node) => node.checkVisibility())

  it('[DM30] creates private rooms, whose maker needs no password', async () => {
    await ana.page.bringToFront()
    const hasField = () => ana.page.$eval('#new-password', (node) => node.checkVisibility())
    expect(await hasField()).toBe(false)
    await ana.page.type('#new-room', 'den')
    expect(await hasField()).toBe(true)
    await ana.page.type('#new-password', 'lemon\n')
    await lists(ana, ['lobby 2', 'backstage# 1', '*den# 1', 'tea 2'])
    expect(await hasField()).toBe(false)
    await ana.say('Only for us.')
    await hears(ana, 'Only for us.')
    await ana.page.reload()
    await ana.online()
    await hears(ana, 'Only for us.')
    await ben.page.bringToFront()
    await ben.choose('den')
    await ben.see('a door', () => isShut(ben))
    expect([await ben.text('#door-title'), await ben.text('#secret')]).toEqual(['den is private', ''])
    await enter(ben, 'lemon')
    await hears(ben, 'Only for us.')
    expect(await mayInvite(ben)).toBe(false)
  }, 60_000)

  it('[DM31] invites by a link, which needs no password', async () => {
    const { browser, url } = open!
    await browser.setPermission(
      url,
      { permission: { name: 'clipboard-read' }, state: 'granted' },
      { permission: { name: 'clipboard-write' }, state: 'granted' },
    )
    await ana.page.bringToFront()
    await ana.see('a way to invite', () => mayInvite(ana))
    await ana.click('invite')
    await ana.see('that it is copied', async () => (await ana.text('#invite')) === 'The link is copied')
    const link = await ana.page.evaluate(() => navigator.clipboard.readText())
    await ana.see('the way to invite', async () => (await ana.text('#invite')) === 'Copy an invitation')
    const eve = await visitor(browser, link)
    await eve.page.bringToFront()
    await hears(eve, 'Only for us.')
    expect([eve.page.url(), await eve.text('#talk-title'), await mayInvite(eve)]).toEqual([`${url}/`, 'den', false])
    await eve.page.reload()
    await hears(eve, 'Only for us.')
    expect(await isShut(eve)).toBe(false)
    expect(eve.complaints).toEqual([])
    await eve.page.close()
    // There is nothing to invite to where everybody may enter.
    await ana.page.bringToFront()
    await ana.choose('tea')
    await hears(ana, 'Tea is ready.')
    expect(await mayInvite(ana)).toBe(false)
  }, 90_000)

  it('[DM32] says that a room ended with the server that was killed; the lobby goes on, and the name is free', async () => {
    await ana.page.bringToFront()
    await ana.click('kill')
    await ana.see('the end', async () => (await ana.text('#door-title')) === 'tea is gone')
    expect(await ana.text('#door-words')).toBe('It ended with the server that held it.')
    expect([await isShut(ana), await ana.members()]).toEqual([true, []])
    await lists(ana, ['lobby 2', 'backstage# 1'])
    await ana.choose('lobby')
    await ana.see('no door', async () => !(await isShut(ana)))
    await ana.say('still here')
    await hears(ana, 'still here')
    await ana.page.type('#new-room', 'tea\n')
    await ana.see('no door', async () => (await ana.text('#talk-title')) === 'tea' && !(await isShut(ana)))
    await ana.say('Fresh tea.')
    await hears(ana, 'Fresh tea.')
  }, 90_000)

  it('[DM11] and in all this they had nothing to complain about', () => {
    expect([...ana.complaints, ...ben.complaints]).toEqual([])
  })
})
