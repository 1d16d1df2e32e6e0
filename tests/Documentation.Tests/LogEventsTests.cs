using Microsoft.Extensions.Logging;

namespace Starling.Documentation.Tests;

public class LogEventsTests
{
    private static readonly IReadOnlyList<LogEvent> Events = LogEvent.OfTheProduct();

    [Fact]
    public void The_page_lists_every_event_of_the_code_and_nothing_else()
    {
        var path = Repository.PathOf(LogEventsPage.File);
        var page = File.Exists(path) ? File.ReadAllText(path) : "";
        var expected = LogEventsPage.Write(Events, new Meanings(LogEventsPage.Read(page), Events).Of);
        if (Environment.GetEnvironmentVariable("WRITE_PAGES") == "true")
            File.WriteAllText(path, expected);
        else
            page.ShouldBe(expected, $"{LogEventsPage.File} is stale; WRITE_PAGES=true ./test Documentation writes it");
    }

    [Fact]
    public void Every_warning_and_error_says_what_it_means_and_what_to_do()
    {
        var meanings = new Meanings(LogEventsPage.Read(File.ReadAllText(Repository.PathOf(LogEventsPage.File))), Events);

        Events.Where(found => found.NeedsMeaning && meanings.Of(found).Length == 0).Select(found => found.Name)
            .ShouldBeEmpty($"write what these mean and what to do into {LogEventsPage.File}");
    }

    [Fact]
    public void Events_of_all_assemblies_are_found()
    {
        foreach (var assembly in new[] { "Broker", "Cluster", "Edge", "Grains", "Silo", "Storage" })
            Events.ShouldContain(found => found.Assembly == "Starling." + assembly);
        Events.ShouldContain(new LogEvent("Starling.Edge", "EdgeHost.LogListening", LogLevel.Information, "Listening on {EndPoint} ({Listener})"));
    }

    [Fact]
    public void Names_are_unique() => Events.Select(found => (found.Assembly, found.Name)).ShouldBeUnique();

    [Fact]
    public void A_page_that_lacks_an_event_differs()
    {
        var page = LogEventsPage.Write(Events, _ => "x");

        LogEventsPage.Write(Events.Skip(1), _ => "x").ShouldNotBe(page);
        LogEventsPage.Write([Events[0] with { Message = "other" }, .. Events.Skip(1)], _ => "x").ShouldNotBe(page);
    }

    [Fact]
    public void A_renamed_event_keeps_its_meaning()
    {
        var gone = new LogEvent("Starling.A", "Old.LogGone", LogLevel.Error, "It is gone");
        var back = new LogEvent("Starling.A", "Old.LogBack", LogLevel.Error, "It is {What} | back");
        var page = LogEventsPage.Write([gone, back], found => $"about {found.Name} \\| more");

        After(gone with { Name = "New.NotThere" }).ShouldBe("about Old.LogGone \\| more");
        After(gone with { Assembly = "Starling.B", Message = "It is not there" }).ShouldBe("about Old.LogGone \\| more");
        After(gone with { Name = "New.LogGone", Message = "It is not there" }).ShouldBe("about Old.LogGone \\| more");
        After(gone with { Name = "New.Gone", Message = "It is not there" }).ShouldBe("about Old.LogGone \\| more");

        string After(LogEvent renamed) => new Meanings(LogEventsPage.Read(page), [renamed, back]).Of(renamed);
    }

    [Fact]
    public void A_new_event_has_no_meaning_yet_even_when_another_one_has_its_name_or_message()
    {
        var old = new LogEvent("Starling.A", "Old.LogFailed", LogLevel.Error, "It failed");
        var meanings = new Meanings(LogEventsPage.Read(LogEventsPage.Write([old], _ => "about it")), [old]);

        meanings.Of(old).ShouldBe("about it");
        meanings.Of(old with { Name = "New.LogFailed" }).ShouldBe("");
        meanings.Of(old with { Name = "New.LogFailed", Message = "Something else failed" }).ShouldBe("");
    }
}
