using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Starling.Testing;

/// <summary>The client's side of SCRAM-SHA-256, written from RFC 5802 on its own.</summary>
public sealed class ScramClient(string gs2Header, string escapedUser, string password)
{
    private readonly string _bare = $"n={escapedUser},r=clientnonce";

    public byte[] First() => Encoding.UTF8.GetBytes(gs2Header + _bare);

    public byte[] Final(string serverFirst)
    {
        var parts = serverFirst.Split(',');
        var salt = Convert.FromBase64String(parts[1][2..]);
        var iterations = int.Parse(parts[2][2..], CultureInfo.InvariantCulture);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(gs2Header))},{parts[0]}";
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"{_bare},{serverFirst},{withoutProof}"));
        var proof = clientKey.Zip(signature, (key, sign) => (byte)(key ^ sign)).ToArray();
        return Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }
}
