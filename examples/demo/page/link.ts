const keyOf = (room: string): string => `invitation to ${room}`

/** A link that lets in whoever opens it. */
export const linkTo = (room: string, invitation: string): string =>
  `${location.origin}/?${new URLSearchParams({ room, invitation }).toString()}`

/** The invitation by which this tab came, as long as it lives. */
export const invitationTo = (room: string): string | undefined => sessionStorage.getItem(keyOf(room)) ?? undefined

/** Keeps the invitation of the link that this page was opened by, and takes it out of the address. */
export const followLink = (): void => {
  const said = new URLSearchParams(location.search)
  const [room, invitation] = [said.get('room'), said.get('invitation')]
  if (room === null || invitation === null) return
  sessionStorage.setItem('room', room)
  sessionStorage.setItem(keyOf(room), invitation)
  history.replaceState(null, '', '/')
}
