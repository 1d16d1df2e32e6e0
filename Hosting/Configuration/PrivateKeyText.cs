using System.Security.Cryptography;

namespace Starling.Hosting.Configuration;

/// <summary>Says of a private key in PEM why it can't be used, where .NET would say that it does not match its certificate.</summary>
internal static class PrivateKeyText
{
    /// <param name="pem">The text with the key.</param>
    /// <param name="hasPassword">Whether there is a password for it.</param>
    /// <exception cref="CryptographicException">It can't be read so; the message is for the operator.</exception>
    public static void Check(string pem, bool hasPassword)
    {
        if (pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            throw new CryptographicException("the private key is encrypted in the old format of OpenSSL; convert it with: openssl pkcs8 -topk8 -in KEY -out NEW");
        var isEncrypted = pem.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);
        if (isEncrypted && !hasPassword)
            throw new CryptographicException("the private key is encrypted, and no password is set");
        if (hasPassword && !isEncrypted && pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new CryptographicException("a password is set, but the private key is not encrypted");
    }
}
