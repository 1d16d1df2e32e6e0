namespace Starling.Broker.Metrics;

/// <summary>
/// The value of the tag <c>tenant</c>: an object that stays while the tenants whose name it carries come and go.
/// </summary>
/// <remarks>
/// The OpenTelemetry SDK keeps a series for each set of tags that it has ever seen of an instrument, until the process ends or the
/// instrument's cardinality limit is reached; then everything new falls into one series. With names as tags, tenants that come and go would
/// use up the limit. The SDK compares tag values by <see cref="object.Equals(object)"/>, here by identity, and exporters write what
/// <see cref="ToString"/> says, so the series of a removed tenant becomes the series of a later one (<see cref="TenantSeries"/>).
/// </remarks>
internal sealed class TenantLabel
{
    private volatile string _tenant = "";

    /// <summary>The tenant's name.</summary>
    public override string ToString() => _tenant;

    internal void Name(string tenant) => _tenant = tenant;
}
