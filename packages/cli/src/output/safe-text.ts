// PURE. Text from outside (URLs, file names, messages of servers) on its way to a terminal: no escape sequences, no line
// breaks, nothing invisible that turns the text around.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

export const safeText = (text: string): string => text.replace(unsafe, '\ufffd');
