/**
 * Every limit of Signpost, in one place. A queue, loop, recursion, cache or name without a line
 * here is a defect. Sizes are octets unless the name says otherwise.
 */

// DNS protocol (RFC 1035 §2.3.4, RFC 6891 §6.2)
/** A domain name in wire form, root label included. */
export const nameSizeMax = 255;
export const labelSizeMax = 63;
/** Labels of a name of 255 octets, the root not counted. */
export const labelCountMax = 127;
export const characterStringSizeMax = 255;
export const rdataSizeMax = 65_535;
export const messageSizeMax = 65_535;
export const udpPayloadSizeMin = 512;
/** What fits any path without fragments (DNS flag day 2020). */
export const udpPayloadSizeDefault = 1_232;
/** CNAME, DNAME and alias steps followed in one answer. */
export const chainLengthMax = 16;

// API
export const requestBodySizeMax = 4 * 1024 * 1024;
export const clockSkewMaxMs = 15 * 60 * 1000;
