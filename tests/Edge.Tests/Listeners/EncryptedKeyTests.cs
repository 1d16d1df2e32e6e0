using System.Security.Cryptography;
using Starling.Edge.Listeners.Tls;

namespace Starling.Edge.Tests.Listeners;

public sealed class EncryptedKeyTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void An_encrypted_key_without_a_password_is_said_to_be_one()
    {
        var options = _certificates.WriteNew("a", "a.example") with { };
        Encrypt(options.KeyFile!);

        Should.Throw<CryptographicException>(() => CertificateFiles.Load(options, file => file)).Message.ShouldBe("the private key is encrypted, and no password is set");

        CertificateFiles.Load(options with { Password = "secret" }, file => file).Leaf.HasPrivateKey.ShouldBeTrue();
    }

    [Fact]
    public void A_password_for_a_key_that_is_not_encrypted_is_said_to_be_one()
    {
        var options = _certificates.WriteNew("a", "a.example") with { Password = "secret" };

        Should.Throw<CryptographicException>(() => CertificateFiles.Load(options, file => file)).Message
            .ShouldBe("a password is set, but the private key is not encrypted");
    }

    private static void Encrypt(string file)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(file));
        File.WriteAllText(file, key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
    }
}
