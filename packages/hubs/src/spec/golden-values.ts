// Golden values of MessagePack (§6.1): a value, and the bytes it is written as, in hexadecimal.

export interface GoldenValue {
  readonly value: unknown;
  readonly messagepack: string;
}

/** Values written and read in exactly this form by MessagePack: the shortest integer, timestamps, byte strings. */
export const goldenValues: readonly GoldenValue[] = Object.freeze([
  { value: null, messagepack: 'c0' },
  { value: false, messagepack: 'c2' },
  { value: true, messagepack: 'c3' },
  { value: 0, messagepack: '00' },
  { value: 127, messagepack: '7f' },
  { value: 128, messagepack: 'cc 80' },
  { value: 255, messagepack: 'cc ff' },
  { value: 256, messagepack: 'cd 01 00' },
  { value: 65_535, messagepack: 'cd ff ff' },
  { value: 65_536, messagepack: 'ce 00 01 00 00' },
  { value: 4_294_967_295, messagepack: 'ce ff ff ff ff' },
  { value: 4_294_967_296, messagepack: 'cf 00 00 00 01 00 00 00 00' },
  { value: 9_007_199_254_740_991, messagepack: 'cf 00 1f ff ff ff ff ff ff' },
  { value: 9_007_199_254_740_992n, messagepack: 'cf 00 20 00 00 00 00 00 00' },
  { value: 18_446_744_073_709_551_615n, messagepack: 'cf ff ff ff ff ff ff ff ff' },
  { value: -1, messagepack: 'ff' },
  { value: -32, messagepack: 'e0' },
  { value: -33, messagepack: 'd0 df' },
  { value: -128, messagepack: 'd0 80' },
  { value: -129, messagepack: 'd1 ff 7f' },
  { value: -32_768, messagepack: 'd1 80 00' },
  { value: -32_769, messagepack: 'd2 ff ff 7f ff' },
  { value: -2_147_483_648, messagepack: 'd2 80 00 00 00' },
  { value: -2_147_483_649, messagepack: 'd3 ff ff ff ff 7f ff ff ff' },
  { value: -9_007_199_254_740_991, messagepack: 'd3 ff e0 00 00 00 00 00 01' },
  { value: -9_223_372_036_854_775_808n, messagepack: 'd3 80 00 00 00 00 00 00 00' },
  { value: 0.5, messagepack: 'cb 3f e0 00 00 00 00 00 00' },
  { value: Number.NaN, messagepack: 'cb 7f f8 00 00 00 00 00 00' },
  { value: Number.POSITIVE_INFINITY, messagepack: 'cb 7f f0 00 00 00 00 00 00' },
  { value: '', messagepack: 'a0' },
  { value: 'x'.repeat(31), messagepack: `bf${' 78'.repeat(31)}` },
  { value: 'x'.repeat(32), messagepack: `d9 20${' 78'.repeat(32)}` },
  { value: [], messagepack: '90' },
  { value: {}, messagepack: '80' },
  { value: Uint8Array.of(), messagepack: 'c4 00' },
  { value: Uint8Array.of(1, 2, 255), messagepack: 'c4 03 01 02 ff' },
  { value: new Date('2000-01-01T00:00:00Z'), messagepack: 'd6 ff 38 6d 43 80' },
  { value: new Date('2000-01-01T00:00:00.123Z'), messagepack: 'd7 ff 1d 53 53 00 38 6d 43 80' },
  { value: new Date('1969-12-31T23:59:59.5Z'), messagepack: 'c7 0c ff 1d cd 65 00 ff ff ff ff ff ff ff ff' },
]);
