namespace Starling.Hosting.Configuration;

/// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are served, over plain HTTP.</summary>
public sealed record ManagementOptions
{
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>
    /// Host names by which it may be asked besides <c>localhost</c> and IP addresses: <c>edge1.example.com</c>, <c>*.example.com</c>, or
    /// <c>*</c> for any. A web page that has its own name lead here, to read what is not for it, has none of them.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];
}
