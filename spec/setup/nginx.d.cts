export declare const findNginx: () => string | undefined
export declare const nginxPath: () => string
export declare const unpacked: string
