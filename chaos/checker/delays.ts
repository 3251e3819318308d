/** A client, or an observer, hears of something within so many ms where nothing disturbs it. */
export const hearMs = 3_000
/** A client learns of a kick, or of the loss of its link, within so many ms: it reads what a slow line holds before that. */
export const tellMs = 10_000
/** Timers and clocks are that exact, in ms. */
export const exactMs = 5
