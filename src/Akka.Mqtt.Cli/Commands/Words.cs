using System.CommandLine;
using System.CommandLine.Parsing;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>Error messages for a word that is not a command, a mode, an option or a key: the word, the nearest known one, and all known ones.</summary>
internal static class Words
{
    /// <summary>The error of the first word; null when it is a command or an option of the root.</summary>
    public static string? CommandProblem(RootCommand root, IReadOnlyList<string> arguments)
    {
        var commands = root.Subcommands.Select(each => each.Name).ToList();
        var all = $"The commands are {List(commands, "and")}. akka-mqtt help describes them.";
        if (arguments.Count == 0)
            return $"give a command. {all}";
        var word = arguments[0];
        if (commands.Contains(word) || root.Options.Any(each => each.Name == word || each.Aliases.Contains(word)) || word.StartsWith('['))
            return null;
        var shown = LogText.Escape(word);
        return word.StartsWith('-')
            ? $"give a command before {shown}. {all}"
            : $"{shown} is not a command.{Suggestion(word, commands)} {all}";
    }

    /// <summary>The first option that a command does not have, with the nearest that it has; null when all are known.</summary>
    public static string? OptionProblem(ParseResult parsed)
    {
        var options = parsed.CommandResult.Command.Options;
        var known = options.SelectMany(each => each.Aliases.Append(each.Name)).ToList();
        var tokens = parsed.CommandResult.Tokens.Select(each => each.Value).Concat(parsed.UnmatchedTokens);
        foreach (var token in tokens)
        {
            var name = token.Split('=', ':')[0];
            if (token.StartsWith('-') && token.Length > 1 && !known.Contains(name))
                return $"{LogText.Escape(name)} is not an option of {parsed.CommandResult.Command.Name}.{Suggestion(name, known)}";
        }
        return null;
    }

    /// <summary>The error of the word after a command with modes, or of missing arguments; null for none.</summary>
    public static string? ArgumentProblem(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count > 0)
        {
            var modes = command.Subcommands.Select(each => each.Name).ToList();
            var word = parsed.UnmatchedTokens[0];
            return $"{LogText.Escape(word)} is not a mode of {command.Name}.{Suggestion(word, modes)} The modes are {List(modes, "and")}.";
        }
        var needed = command.Arguments.Where(each => each.Arity.MinimumNumberOfValues > 0).ToList();
        return needed.All(each => parsed.GetResult(each) is { Tokens.Count: > 0 })
            ? null
            : $"{command.Name} needs {string.Join(" and ", needed.Select(each => $"<{each.Name}>"))}. akka-mqtt help {PathOf(parsed.CommandResult)} describes them.";
    }

    /// <summary>A command with its parent commands, as typed after help.</summary>
    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult { Command: not RootCommand } parent ? $"{PathOf(parent)} {command.Command.Name}" : command.Command.Name;

    /// <summary>An argument, or the name of a file, directory, database or address in an option, that is empty; null when there is none.</summary>
    public static string? EmptyProblem(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        foreach (var argument in command.Arguments)
        {
            if (parsed.GetResult(argument)?.Tokens.Any(each => string.IsNullOrWhiteSpace(each.Value)) == true)
                return $"<{argument.Name}> is empty.";
        }
        foreach (var option in command.Options.Where(each => each.HelpName is "file" or "directory" or "connection" or "address"))
        {
            if (parsed.GetResult(option)?.Tokens.Any(each => string.IsNullOrWhiteSpace(each.Value)) == true)
                return $"{option.Name} is empty: give the {option.HelpName}.";
        }
        return null;
    }

    /// <summary>Words as a list in a sentence: a, b and c.</summary>
    public static string List(IReadOnlyList<string> words, string and) => $"{string.Join(", ", words.SkipLast(1))} {and} {words[^1]}";

    /// <summary>A question that names the nearest known word; empty when none is near.</summary>
    public static string Suggestion(string word, IEnumerable<string> known)
    {
        var nearest = known.Select(each => (Word: each, Distance: Distance(word, each))).OrderBy(each => each.Distance).FirstOrDefault();
        return nearest.Word is { } found && nearest.Distance <= Math.Max(1, Math.Min(3, found.TrimStart('-').Length / 2)) ? $" Did you mean {found}?" : "";
    }

    /// <summary>The edit distance: how many characters must be inserted, removed, changed or swapped with the next.</summary>
    private static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[left.Length, right.Length];
    }
}
