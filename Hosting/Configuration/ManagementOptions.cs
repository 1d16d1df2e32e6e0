namespace Starling.Hosting.Configuration;

/// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are served, over plain HTTP.</summary>
public sealed record ManagementOptions
{
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = 8080;
}
