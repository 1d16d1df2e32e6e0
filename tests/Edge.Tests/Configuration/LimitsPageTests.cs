using System.Globalization;
using System.Text.Json;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Configuration;

namespace Starling.Edge.Tests.Configuration;

/// <summary>docs/limits.md and docs/tenants.md have every limit, with the default that holds.</summary>
public sealed class LimitsPageTests
{
    private static readonly TenantLimits Defaults = new();

    public static TheoryData<string> TenantsLimits => [.. typeof(TenantLimits).GetProperties().Select(property => property.Name)];

    public static TheoryData<string> LimitsOfProcess => [.. typeof(LimitOptions).GetProperties().Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(TenantsLimits))]
    public void Limit_of_a_tenant_is_documented_with_its_default(string property)
    {
        var value = typeof(TenantLimits).GetProperty(property)!.GetValue(Defaults);
        var expected = value is null ? "none" : Convert.ToString(value, CultureInfo.InvariantCulture)!.ToLowerInvariant();

        DefaultIn("tenants.md", SettingOf(property)).ShouldBe(expected);
        // What is on or off, or is told to clients, bounds no resource.
        if (value is not (bool or byte) && property != nameof(TenantLimits.KeepAliveMaximum))
            DefaultIn("limits.md", SettingOf(property)).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(LimitsOfProcess))]
    public void Limit_of_the_process_is_documented(string property) =>
        DefaultIn("limits.md", $"limits.{SettingOf(property)}").ShouldNotBeNull().ShouldNotBeEmpty();

    private static string SettingOf(string property) => JsonNamingPolicy.CamelCase.ConvertName(property);

    /// <summary>A row may have several names; then it has as many defaults, or one for all.</summary>
    private static string? DefaultIn(string page, string setting)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Cluster.sln")))
            root = root.Parent;
        foreach (var row in File.ReadLines(Path.Combine(root.FullName, "docs", page))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)))
        {
            var place = Array.IndexOf(row[0].Split(", "), $"`{setting}`");
            if (place < 0)
                continue;
            var defaults = row[1].Split(", ");
            return row[0].Contains(", ", StringComparison.Ordinal) && defaults.Length > 1 ? defaults[place] : row[1];
        }

        return null;
    }
}
