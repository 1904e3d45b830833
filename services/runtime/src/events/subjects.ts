/**
 * Whether a pattern covers a subject, as NATS has it: tokens are separated by dots, `*` stands for one token and a last `>`
 * for one or more. `subject` may itself be a pattern; then all that it covers must be covered.
 */
export function subjectMatches(pattern: string, subject: string): boolean {
  const patternTokens = pattern.split(".");
  const subjectTokens = subject.split(".");
  for (const [index, token] of patternTokens.entries()) {
    if (token === ">" && index === patternTokens.length - 1) {
      return subjectTokens.length > index;
    }
    const other = subjectTokens[index];
    if (other === undefined || other === ">" || (token !== "*" && token !== other)) {
      return false;
    }
  }
  return patternTokens.length === subjectTokens.length;
}
