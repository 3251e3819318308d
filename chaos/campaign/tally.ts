/** Sums counts of many that begin at 0 with each life; who does not answer counts as it last did. Never falls. */
export const tally = (): { readonly note: (name: string, count: number) => void; readonly sum: () => number } => {
  const lives = new Map<string, { readonly ended: number; readonly present: number }>()
  return {
    note: (name, count) => {
      const { ended, present } = lives.get(name) ?? { ended: 0, present: 0 }
      lives.set(name, { ended: count < present ? ended + present : ended, present: count })
    },
    sum: () => [...lives.values()].reduce((all, { ended, present }) => all + ended + present, 0),
  }
}
