declare const none: unique symbol

/** An object without any key of its own that a program could name. */
export type None = Readonly<Partial<Record<typeof none, never>>>
