export declare const findChromium: () => string | undefined
export declare const chromiumPath: () => string
export declare const chromiumFlags: string[]
export declare const wakefulFlags: string[]
