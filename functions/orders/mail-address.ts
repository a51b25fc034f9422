/** RFC 5322, 3.2.3: what a local part may be made of without quotes. */
const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LOCAL_PART = new RegExp(`^${ATEXT}(\\.${ATEXT})*$`);
/** RFC 1034, 3.5, as RFC 1123, 2.1 has it: letters, digits and hyphens inside; a name in another script is `xn--…` (RFC 5890). */
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** RFC 3696, 2: a top-level domain isn't all numbers, which would be an address of the network. */
const ALL_DIGITS = /^[0-9]+$/;

/**
 * Whether SES and the mail servers behind it can take an address: a dot-atom of at most 64 characters, `@`, and a domain of two
 * labels or more, each of 1 to 63 characters; 254 characters in all, since the path of 256 has two angle brackets.
 *
 * https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1 and erratum 1690 of RFC 3696 have the lengths. SES knows no
 * SMTPUTF8: a local part is ASCII, and a domain of other letters has to come in Punycode
 * (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html). Quoted local parts and address literals are
 * right by the RFC, and nobody's; RFC 5321, 4.1.2 itself advises against the first.
 */
export function isMailAddress(text: string): boolean {
  const [localPart = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || text.length > 254 || localPart.length > 64 || !LOCAL_PART.test(localPart))
    return false;
  const labels = domain.split('.');
  return (
    labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !ALL_DIGITS.test(labels.at(-1) ?? '')
  );
}
