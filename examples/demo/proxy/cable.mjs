/**
 * Joins two sockets byte by byte, once it flows; the end of one ends the other. `freeze` stops both directions and leaves
 * both sockets open: what happens at one end is not noticed at the other before it flows again. `cut` resets both ends,
 * `lose` the far one, and what was on its way is gone.
 */
export const cable = (near, far, ended) => {
  let isFlowing = false
  let isBroken = false
  let isWhole = true
  const cut = () => {
    if (!isWhole) return
    isWhole = false
    for (const socket of [near, far]) socket.resetAndDestroy()
    ended()
  }
  const broken = () => {
    isBroken = true
    if (isFlowing) cut()
  }
  const flow = () => {
    if (isFlowing || !isWhole) return
    isFlowing = true
    near.pipe(far)
    far.pipe(near)
    if (isBroken) cut()
  }
  const freeze = () => {
    isFlowing = false
    for (const socket of [near, far]) socket.unpipe().pause()
  }
  const lose = () => {
    far.resetAndDestroy()
  }
  for (const socket of [near, far]) {
    socket.setNoDelay(true)
    socket.on('error', broken)
    socket.on('close', broken)
  }
  return { flow, freeze, cut, lose }
}
