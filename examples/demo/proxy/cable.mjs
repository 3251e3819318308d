/**
 * Joins two sockets byte by byte, once it flows. `freeze` stops both directions and leaves both sockets open; `cut` resets
 * both, and what was on its way is gone.
 */
export const cable = (near, far, ended) => {
  let isFlowing = false
  let isWhole = true
  const cut = () => {
    if (!isWhole) return
    isWhole = false
    for (const socket of [near, far]) socket.resetAndDestroy()
    ended()
  }
  const flow = () => {
    if (isFlowing || !isWhole) return
    isFlowing = true
    near.pipe(far)
    far.pipe(near)
  }
  const freeze = () => {
    isFlowing = false
    for (const socket of [near, far]) socket.unpipe().pause()
  }
  for (const socket of [near, far]) {
    socket.setNoDelay(true)
    socket.on('error', cut)
    socket.on('close', cut)
  }
  return { flow, freeze, cut }
}
