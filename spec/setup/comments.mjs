// A lint rule for comments: plain technical English has a subject, a verb and an object.

const UNCLEAR = /^[\s*]*(What|Whether|Who|Whom|Whose|Whoever|Whatever)\b/

/** No comment begins with a relative clause that stands for its noun: "What comes later" is "Later messages". */
export const plainComments = {
  meta: {
    type: 'suggestion',
    docs: { description: 'comments name their subject' },
    messages: { found: 'A comment does not begin with `{{word}}`: name the subject by a noun.' },
    schema: [],
  },
  create: ({ report, sourceCode }) => ({
    Program: () => {
      for (const comment of sourceCode.getAllComments()) {
        const word = UNCLEAR.exec(comment.value)?.[1]
        if (word) report({ loc: comment.loc, messageId: 'found', data: { word } })
      }
    },
  }),
}
