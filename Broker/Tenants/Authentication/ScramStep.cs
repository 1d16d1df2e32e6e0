using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// The server's turn in an enhanced authentication. Continue (0x18): send <see cref="Data"/> in an AUTH packet and wait for the client's
/// AUTH. Success: the user of <see cref="Login"/> is proven, <see cref="Data"/> goes into the CONNACK, or into the AUTH that ends a re-authentication.
/// Anything else refuses the client, with that reason code in the CONNACK or, when re-authenticating, the DISCONNECT.
/// </summary>
public readonly record struct ScramStep(ReasonCode ReasonCode, ReadOnlyMemory<byte> Data, Login? Login)
{
    public User? User => Login?.User;

    internal static ScramStep Continue(byte[] data) => new(ReasonCode.ContinueAuthentication, data, null);

    internal static ScramStep Success(byte[] data, Login login) => new(ReasonCode.Success, data, login);

    internal static ScramStep Failure(ReasonCode reason) => new(reason, default, null);
}
