throw new Error('the mail server is not configured');

export {};
