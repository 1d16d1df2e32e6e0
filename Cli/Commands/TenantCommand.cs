using System.CommandLine;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;
using Starling.Cli.Context;
using Starling.Storage.PostgreSql.Tenants;

namespace Starling.Cli.Commands;

/// <summary><c>starling tenant check | import | export | list | remove</c>.</summary>
internal sealed class TenantCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A tenants.json." };
    private readonly Argument<string> _tenant = new("TENANT") { Description = "The tenant's name." };
    private readonly Option<bool> _prune = new("--prune") { Description = "Also remove every tenant and user that is not in the file." };
    private readonly TenantDatabase _database;
    private readonly CliContext _context;

    private TenantCommand(CliContext context)
    {
        _context = context;
        _database = new(context);
    }

    public static Command Create(CliContext context) => new TenantCommand(context).Create();

    private Command Create()
    {
        var check = new Command("check", "Check a tenants file: prints every mistake as file:line:column, or a summary.") { _file };
        check.SetAction(parsed => Check(parsed.GetRequiredValue(_file)));
        var import = new Command("import", "Put the tenants and users of a tenants file into the database.") { _file, _database.Option, _prune };
        import.SetAction(ImportAsync);
        var export = new Command("export", "Print the tenants in the database as a tenants file.") { _database.Option };
        export.SetAction(ExportAsync);
        var list = new Command("list", "List the tenants in the database.") { _database.Option };
        list.SetAction(ListAsync);
        var remove = new Command("remove", "Remove a tenant and its users from the database.") { _tenant, _database.Option };
        remove.SetAction(RemoveAsync);
        return new("tenant", "Look after tenants.") { check, import, export, list, remove };
    }

    private int Check(string file)
    {
        var tenants = TenantsFileReader.Load(file);
        _context.WriteLine($"{file}: fine, {Count(tenants.Count, "tenant")}");
        foreach (var tenant in tenants)
            _context.WriteLine($"  {Summary(tenant)}");
        return 0;
    }

    private async Task<int> ImportAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var file = parsed.GetRequiredValue(_file);
        var tenants = TenantDefinition.FromFile(file, await File.ReadAllBytesAsync(file, cancellation));
        var (removedTenants, removedUsers) = await _database.EditAsync(
            parsed,
            async edit =>
            {
                var removed = parsed.GetValue(_prune) ? await edit.PruneAsync(tenants, cancellation) : default;
                await edit.SetAsync(tenants, cancellation);
                return removed;
            },
            cancellation);
        var pruned = parsed.GetValue(_prune) ? $"; {Count(removedTenants, "tenant")} and {Count(removedUsers, "user")} removed" : "";
        _context.WriteLine($"{file}: {Count(tenants.Count, "tenant")} and {Count(tenants.Sum(tenant => tenant.Users.Count), "user")} are in the database{pruned}");
        return 0;
    }

    private async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await _context.Output.WriteAsync(TenantDocument.ToFile(await _database.ReadAsync(parsed, cancellation)), cancellation);
        await _context.Output.FlushAsync(cancellation);
        return 0;
    }

    private async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var exitCode = 0;
        foreach (var tenant in await _database.ReadAsync(parsed, cancellation))
        {
            try
            {
                _context.WriteLine(Summary(tenant.Read()));
            }
            catch (TenantsFileException mistakes)
            {
                _context.WriteLine($"{tenant.Name}: {Count(tenant.Users, "user")}, {Count(mistakes.Errors.Count, "mistake")}");
                foreach (var mistake in mistakes.Errors)
                    await _context.Error.WriteLineAsync(mistake.ToString());
                exitCode = ExitCodes.Failed;
            }
        }
        return exitCode;
    }

    private async Task<int> RemoveAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var tenant = parsed.GetRequiredValue(_tenant);
        if (!await _database.EditAsync(parsed, edit => edit.RemoveAsync(tenant, cancellation), cancellation))
            throw new CliException($"the database has no tenant '{tenant}'");
        _context.WriteLine($"tenant '{tenant}' removed");
        return 0;
    }

    private static string Summary(TenantOptions tenant)
    {
        var anonymous = tenant.Anonymous is null ? "no anonymous clients" : "anonymous clients allowed";
        var names = tenant.ServerNames.Count == 0 ? "" : $", server names {string.Join(' ', tenant.ServerNames)}";
        return $"{tenant.Name}: {Count(tenant.Users.Count, "user")}, {anonymous}{names}";
    }

    internal static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
