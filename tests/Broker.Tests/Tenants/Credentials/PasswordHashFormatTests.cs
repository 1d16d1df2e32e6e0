using System.Buffers.Binary;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tests.Tenants.Credentials;

public sealed class PasswordHashFormatTests
{
    [Theory]
    [InlineData(1_000u, true)]
    [InlineData(1_000_000u, true)]
    [InlineData(1_000_001u, false)]
    [InlineData(10_000_000u, false)]
    public void Iterations_are_bounded_so_that_one_check_does_not_keep_others_waiting(uint iterations, bool isAccepted)
    {
        // Version 1, SHA-512, the iterations, 16 bytes of salt, then salt and 32 bytes of key.
        var hash = new byte[1 + 4 + 4 + 4 + 16 + 32];
        hash[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), 2);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), 16);

        (PasswordHashFormat.Explain(Convert.ToBase64String(hash)) is null).ShouldBe(isAccepted);
    }
}
