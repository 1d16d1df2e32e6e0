using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>The part of a client certificate that names a user.</summary>
public enum CertificateProperty
{
    /// <summary>The subject's common name.</summary>
    CommonName,

    /// <summary>A DNS name among the subject alternative names.</summary>
    DnsName,

    /// <summary>The SHA-256 hash of the certificate.</summary>
    Thumbprint,
}

/// <summary>Maps certificates to a user: <c>CN=device7</c>, <c>DNS=device7.example.com</c> or a SHA-256 thumbprint in hex.</summary>
/// <remarks>Names are worth what the certificate's issuer is: the listener must have verified the chain.</remarks>
public sealed record CertificateMatch(CertificateProperty Property, string Value)
{
    private const string CommonNameOid = "2.5.4.3";

    public static bool TryParse(string text, [NotNullWhen(true)] out CertificateMatch? match)
    {
        match = null;
        if (text.StartsWith("CN=", StringComparison.Ordinal) && text.Length > 3)
            match = new(CertificateProperty.CommonName, text[3..]);
        else if (text.StartsWith("DNS=", StringComparison.Ordinal) && text.Length > 4)
            match = new(CertificateProperty.DnsName, text[4..].ToLowerInvariant());
        else if (TryParseThumbprint(text, out var thumbprint))
            match = new(CertificateProperty.Thumbprint, thumbprint);
        return match is not null;
    }

    /// <summary>Takes 64 hex digits, with or without colons, as OpenSSL writes them.</summary>
    public static bool TryParseThumbprint(string text, [NotNullWhen(true)] out string? thumbprint)
    {
        thumbprint = text.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
        if (thumbprint.Length != 64 || !thumbprint.All(char.IsAsciiHexDigit))
            thumbprint = null;
        return thumbprint is not null;
    }

    /// <summary>Everything a certificate says that a user may be mapped from; the most specific first.</summary>
    public static IEnumerable<CertificateMatch> NamesIn(X509Certificate2 certificate)
    {
        yield return new(CertificateProperty.Thumbprint, certificate.GetCertHashString(HashAlgorithmName.SHA256));
        foreach (var names in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in names.EnumerateDnsNames())
                yield return new(CertificateProperty.DnsName, name.ToLowerInvariant());
        }
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonNameOid && part.GetSingleElementValue() is { } name)
                yield return new(CertificateProperty.CommonName, name);
        }
    }
}
