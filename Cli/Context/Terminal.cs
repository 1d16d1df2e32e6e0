using System.Text;

namespace Starling.Cli.Context;

internal static class Terminal
{
    /// <summary>Reads up to Enter without echo; null at the end of input.</summary>
    public static string? AskSecret(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.D && key.Modifiers == ConsoleModifiers.Control)
                return null;
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }
}
