namespace Starling.LoadGenerator.Wire;

/// <summary>How clients introduce themselves.</summary>
/// <param name="Version">Protocol version on the wire: 4 for MQTT 3.1.1, 5 for 5.0.</param>
/// <param name="User">User name, or null for none.</param>
/// <param name="Password">Password, or null for none.</param>
internal sealed record Login(int Version, string? User, string? Password)
{
    /// <summary>The same, without user and password.</summary>
    public Login Anonymous => this with { User = null, Password = null };
}
