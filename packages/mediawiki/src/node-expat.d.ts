/** The part of node-expat 2.4.1 that we use; it ships no types of its own. */
declare module 'node-expat' {
  export class Parser {
    constructor(encoding?: string);
    on(event: 'startElement', listener: (name: string, attributes: Record<string, string>) => void): this;
    on(event: 'endElement', listener: (name: string) => void): this;
    on(event: 'text', listener: (text: string) => void): this;
    /** False where the bytes are not well-formed. A listener must not throw: expat would go on regardless. */
    parse(bytes: Buffer, isFinal?: boolean): boolean;
    getError(): string | null;
    getCurrentByteIndex(): number;
    /** Makes the parser as new; its listeners stay. */
    reset(): boolean;
  }
}
