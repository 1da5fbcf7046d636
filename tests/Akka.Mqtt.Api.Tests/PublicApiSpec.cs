using System.Runtime.CompilerServices;
using PublicApiGenerator;

namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// The public API of each assembly is what <c>approved/*.approved.txt</c> says. After a change that is meant, copy the
/// <c>*.received.txt</c> that a failing test writes beside it over the approved file, and let the diff be reviewed.
/// </summary>
public sealed class PublicApiSpec
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        ExcludeAttributes = [typeof(CompilerGeneratedAttribute).FullName!, typeof(NullableContextAttribute).FullName!],
    };

    public static TheoryData<string> Assemblies => new(SourceAssemblies.Names);

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_public_API_is_the_approved_one(string assembly)
    {
        var received = SourceAssemblies.Load(assembly).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var path = Path.Combine(Repository.Root, "tests", "Akka.Mqtt.Api.Tests", "approved", $"{assembly}.approved.txt");
        var approved = File.Exists(path) ? Repository.Read(path) : "";
        var receivedPath = path.Replace(".approved.txt", ".received.txt", StringComparison.Ordinal);
        if (received == approved)
        {
            File.Delete(receivedPath);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(receivedPath, received);
        Assert.Fail($"The public API of {assembly} differs from {Repository.Name(path)}.\n{Diff(approved, received)}\nMeant? cp {Repository.Name(receivedPath)} {Repository.Name(path)}");
    }

    /// <summary>The lines that went and came, each below the type that it is in; a line that only moved is not told.</summary>
    private static string Diff(string approved, string received)
    {
        var (before, after) = (Members(approved), Members(received));
        var changes = before.Except(after).Select(line => (Line: line, Sign: '-')).Concat(after.Except(before).Select(line => (Line: line, Sign: '+')));
        return string.Join('\n', changes.OrderBy(change => change.Line.Type, StringComparer.Ordinal)
            .GroupBy(change => change.Line.Type)
            .Select(type => $"  {type.Key}\n{string.Join('\n', type.Select(change => $"{change.Sign}   {change.Line.Text}"))}"));
    }

    private static List<(string Type, string Text)> Members(string api)
    {
        var type = "";
        var members = new List<(string Type, string Text)>();
        foreach (var line in api.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 1))
        {
            if (line.Contains(" class ", StringComparison.Ordinal) || line.Contains(" struct ", StringComparison.Ordinal)
                || line.Contains(" enum ", StringComparison.Ordinal) || line.Contains(" interface ", StringComparison.Ordinal))
                type = line;
            members.Add((type, line));
        }

        return members;
    }
}
