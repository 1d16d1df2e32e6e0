using System.CommandLine;
using Starling.Broker.Tenants.Files;

namespace Starling.Cli.Commands;

/// <summary><c>starling tenant check FILE</c>.</summary>
internal static class TenantCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Argument<string>("FILE") { Description = "A tenants.json." };
        var check = new Command("check", "Check a tenants file: prints every mistake as file:line:column, or a summary.") { file };
        check.SetAction(parsed => Check(parsed.GetRequiredValue(file), context));
        return new("tenant", "Look after tenants.") { check };
    }

    private static int Check(string file, CliContext context)
    {
        try
        {
            var tenants = TenantsFileReader.Load(file);
            context.WriteLine($"{file}: fine, {Count(tenants.Count, "tenant")}");
            foreach (var tenant in tenants)
            {
                var anonymous = tenant.Anonymous is null ? "no anonymous clients" : "anonymous clients allowed";
                var names = tenant.ServerNames.Count == 0 ? "" : $", server names {string.Join(' ', tenant.ServerNames)}";
                context.WriteLine($"  {tenant.Name}: {Count(tenant.Users.Count, "user")}, {anonymous}{names}");
            }
            return 0;
        }
        catch (TenantsFileException mistakes)
        {
            foreach (var mistake in mistakes.Errors)
                context.Error.WriteLine(mistake);
            return ExitCodes.Failed;
        }
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
