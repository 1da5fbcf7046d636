using System.Text.RegularExpressions;

namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// The snippets of the documentation are compiled code: in <c>docs/*.md</c>, <c>README.md</c> and the readmes of packages, a C# fence after
/// <c>&lt;!-- snippet: name --&gt;</c> must equal the region <c>doc:name</c> of a source file. With the environment variable
/// <c>AKKA_MQTT_UPDATE_SNIPPETS=1</c> the fences are rewritten instead.
/// </summary>
public sealed partial class DocSnippetsSpec
{
    private static readonly string Root = Repository.Root;

    [Fact]
    public void Snippets_of_the_documentation_equal_the_regions_of_compiled_code()
    {
        var regions = Regions();
        var wrong = new List<string>();
        foreach (var document in Documents())
        {
            var text = Read(document);
            var updated = Snippet().Replace(text, match =>
            {
                var name = match.Groups["name"].Value;
                if (!regions.TryGetValue(name, out var code))
                {
                    wrong.Add($"{Name(document)}: there is no region doc:{name}");
                    return match.Value;
                }

                if (match.Groups["code"].Value == code)
                    return match.Value;
                wrong.Add($"{Name(document)}: snippet {name} should be\n{code}");
                return $"<!-- snippet: {name} -->\n```csharp\n{code}```";
            });
            if (updated != text && Environment.GetEnvironmentVariable("AKKA_MQTT_UPDATE_SNIPPETS") == "1")
                File.WriteAllText(document, updated);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong) + "\nAKKA_MQTT_UPDATE_SNIPPETS=1 rewrites them.");
    }

    [Fact]
    public void Regions_that_are_named_for_the_documentation_are_used_there()
    {
        var used = Documents().SelectMany(document => Snippet().Matches(Read(document))).Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.Empty(Regions().Keys.Except(used));
    }

    [Fact]
    public void Snippets_are_marked_in_a_way_that_this_test_reads()
    {
        foreach (var document in Documents())
        {
            var text = Read(document);
            Assert.Equal(Marker().Count(text), Snippet().Count(text));
        }
    }

    private static Dictionary<string, string> Regions()
    {
        var regions = new Dictionary<string, string>();
        foreach (var folder in (string[])["src", "tests", "samples"])
        {
            var path = Path.Combine(Root, folder);
            if (!Directory.Exists(path))
                continue;
            foreach (var file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories).Where(IsSource))
            {
                foreach (Match match in Region().Matches(Read(file)))
                    Assert.True(regions.TryAdd(match.Groups["name"].Value, Unindent(match.Groups["code"].Value)), $"{Name(file)}: {match.Groups["name"]} twice");
            }
        }

        return regions;
    }

    private static IEnumerable<string> Documents()
    {
        var docs = Path.Combine(Root, "docs");
        var all = Directory.Exists(docs) ? Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories) : [];
        return all.Append(Path.Combine(Root, "README.md")).Append(Path.Combine(Root, "samples", "README.md")).Concat(Repository.Files("src", "README.md"))
            .Where(File.Exists).Order();
    }

    private static bool IsSource(string file) => !file.Replace('\\', '/').Contains("/obj/", StringComparison.Ordinal);

    private static string Unindent(string code)
    {
        var lines = code.Split('\n');
        var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..].TrimEnd() : ""));
    }

    private static string Read(string file) => Repository.Read(file);

    private static string Name(string file) => Repository.Name(file);

    [GeneratedRegex(@"<!-- snippet: (?<name>[\w-]+) -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"<!-- snippet:")]
    private static partial Regex Marker();

    [GeneratedRegex(@"^ *#region doc:(?<name>[\w-]+) *\n(?<code>.*?)^ *#endregion", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Region();
}
