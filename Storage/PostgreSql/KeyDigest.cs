using System.Security.Cryptography;
using System.Text;

namespace Starling.Storage.PostgreSql;

/// <summary>Stands for a text in keys, since text can be longer than a B-tree entry: the first 16 bytes of SHA-256 over its UTF-8.</summary>
internal static class KeyDigest
{
    public static Guid Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static Guid Of(ReadOnlySpan<byte> utf8)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, digest);
        return new Guid(digest[..16], bigEndian: true);
    }
}
