/** libnftnl keeps a rule's comment as type, length, text with its NUL: NFTNL_UDATA_RULE_COMMENT. */
const COMMENT = 0

/** The comment that nft keeps with a rule; undefined where there is none. */
export function ruleComment(userdata: Uint8Array): string | undefined {
  for (let at = 0; at + 2 <= userdata.length; ) {
    const [type, length] = [userdata[at] as number, userdata[at + 1] as number]
    const value = userdata.subarray(at + 2, at + 2 + length)
    if (type === COMMENT) {
      const nul = value.indexOf(0)
      return Buffer.from(nul < 0 ? value : value.subarray(0, nul)).toString()
    }
    at += 2 + length
  }
  return undefined
}
