/**
 * Countries by ISO 3166-1 alpha-2, as of November 2026, in two lists: those whose addresses have a postal code, and those whose
 * have none. A test compares them with libaddressinput's data, which says of each country what its addresses are made of
 * (https://github.com/google/libaddressinput/wiki/AddressValidationMetadata), and with ICU.
 */
const WITH_POSTAL_CODES = new Set(
  (
    'AD AF AI AL AM AR AS AT AU AX AZ BA BB BD BE BG BH BL BM BN BR BT BY CA CC CH CL CN CO CR CU CV CX CY CZ DE DK DO DZ ' +
    'EC EE EG EH ES ET FI FK FM FO FR GB GE GF GG GI GL GN GP GR GS GT GU GW HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT ' +
    'JE JO JP KE KG KH KP KR KW KY KZ LA LB LI LK LR LS LT LU LV MA MC MD ME MF MG MH MK MM MN MP MQ MT MU MV MX MY MZ NA ' +
    'NC NE NF NG NI NL NO NP NZ OM PE PF PG PH PK PL PM PN PR PT PW PY RE RO RS RU SA SD SE SG SH SI SJ SK SM SN SO SV SZ ' +
    'TC TH TJ TM TN TR TW TZ UA UM US UY UZ VA VC VE VG VI VN WF YT ZA ZM'
  ).split(' '),
);
const WITHOUT_POSTAL_CODES = new Set(
  (
    'AE AG AO AQ AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK JM KI KM KN LC LY ML ' +
    'MO MR MS MW NR NU PA PS QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG VU WS YE ZW'
  ).split(' '),
);

/** Whether a code is one of ISO 3166-1 alpha-2 today. */
export function isCountry(code: string): boolean {
  return WITH_POSTAL_CODES.has(code) || WITHOUT_POSTAL_CODES.has(code);
}

/** Whether an address in the country has to have a postal code. */
export function hasPostalCodes(country: string): boolean {
  return WITH_POSTAL_CODES.has(country);
}
