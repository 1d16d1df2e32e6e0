using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Edge.Listeners.Tls;

/// <summary>A list of revoked certificates (CRL, RFC 5280 section 5), signed by the authority that issued them.</summary>
internal sealed class RevocationList
{
    private const string PemLabel = "X509 CRL";

    private readonly byte[] _issuer;
    private readonly FrozenSet<BigInteger> _serials;

    private RevocationList(byte[] issuer, FrozenSet<BigInteger> serials, DateTimeOffset? nextUpdate)
    {
        _issuer = issuer;
        _serials = serials;
        NextUpdate = nextUpdate;
    }

    /// <summary>When a newer list is due; null when the list does not say.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>Reads a file with one list in DER, or any number of them in PEM.</summary>
    /// <param name="authorities">One of them must have signed each list.</param>
    /// <exception cref="CryptographicException">It is none, or nobody here has signed it; with a message for the operator.</exception>
    /// <exception cref="IOException">Not readable; also <see cref="UnauthorizedAccessException"/>.</exception>
    public static IReadOnlyList<RevocationList> Load(string file, X509Certificate2Collection authorities)
    {
        var bytes = File.ReadAllBytes(file);
        var lists = new List<RevocationList>();
        try
        {
            if (bytes is [0x30, ..])
                return [Read(bytes, authorities)];
            ReadOnlySpan<char> text = System.Text.Encoding.UTF8.GetString(bytes);
            while (PemEncoding.TryFind(text, out var fields))
            {
                if (text[fields.Label].SequenceEqual(PemLabel))
                    lists.Add(Read(Convert.FromBase64String(text[fields.Base64Data].ToString()), authorities));
                text = text[fields.Location.End..];
            }
        }
        catch (AsnContentException e)
        {
            throw new CryptographicException("it is not a list of revoked certificates: " + e.Message, e);
        }

        return lists.Count > 0 ? lists : throw new CryptographicException("there is no list of revoked certificates in it");
    }

    public bool Revokes(X509Certificate2 certificate) =>
        certificate.IssuerName.RawData.AsSpan().SequenceEqual(_issuer)
        && _serials.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: false, isBigEndian: true));

    private static RevocationList Read(byte[] der, X509Certificate2Collection authorities)
    {
        var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var signed = list.PeekEncodedValue();
        var content = list.ReadSequence();
        var algorithm = list.ReadSequence().ReadObjectIdentifier();
        var signature = list.ReadBitString(out _);

        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            content.ReadInteger();
        content.ReadSequence();
        var issuer = content.ReadEncodedValue().ToArray();
        ReadTime(content);
        var nextUpdate = content.HasData && IsTime(content.PeekTag()) ? ReadTime(content) : (DateTimeOffset?)null;
        var serials = new HashSet<BigInteger>();
        if (content.HasData && content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (var entries = content.ReadSequence(); entries.HasData;)
                serials.Add(entries.ReadSequence().ReadInteger());
        }

        if (!authorities.Any(authority =>
                authority.SubjectName.RawData.AsSpan().SequenceEqual(issuer) && IsSignedBy(authority, algorithm, signed.Span, signature)))
            throw new CryptographicException($"it is not signed by an authority of the CA file ({new X500DistinguishedName(issuer).Name})");
        return new(issuer, serials.ToFrozenSet(), nextUpdate);
    }

    private static bool IsSignedBy(X509Certificate2 authority, string algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        var hash = algorithm switch
        {
            "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
            _ => throw new CryptographicException($"its signature algorithm {algorithm} is not one of RSA or ECDSA with SHA-256, SHA-384 or SHA-512"),
        };
        using var rsa = authority.GetRSAPublicKey();
        if (rsa is not null)
            return algorithm.StartsWith("1.2.840.113549", StringComparison.Ordinal) && rsa.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1);
        using var ecdsa = authority.GetECDsaPublicKey();
        return ecdsa is not null && ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
