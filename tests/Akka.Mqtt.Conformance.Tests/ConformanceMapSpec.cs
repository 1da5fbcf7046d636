using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Akka.Mqtt.Conformance;

/// <summary>
/// Every statement of the standards has a test that proves it or a reason why there is none; <c>docs/conformance.md</c> says which. With the
/// environment variable <c>AKKA_MQTT_UPDATE_CONFORMANCE=1</c> the document is rewritten instead.
/// </summary>
public sealed partial class ConformanceMapSpec
{
    private static readonly string Root = FindRoot();

    private static readonly (string Version, string Table, string Title)[] Tables =
    [
        ("3.1.1", "mqtt311-normative.tsv", "MQTT 3.1.1"),
        ("5.0", "mqtt5-normative.tsv", "MQTT 5.0"),
        ("5.0", "mqtt5-unnumbered.tsv", "MQTT 5.0, rules without a number"),
    ];

    [Fact]
    public void Every_statement_has_a_test_or_a_reason()
    {
        var proofs = Proofs();
        var reasons = Reasons();
        Assert.DoesNotContain(Statements(), key => !proofs.ContainsKey(key) && !reasons.ContainsKey(key));
    }

    [Fact]
    public void No_statement_has_both_and_none_is_named_that_does_not_exist()
    {
        var known = Statements().Select(each => (each.Version, each.Id)).ToHashSet();
        var proofs = Proofs();
        Assert.DoesNotContain(Reasons().Keys, key => !known.Contains(key) || proofs.ContainsKey(key));
        Assert.DoesNotContain(proofs.Keys, key => key.Version != "3.1" && !known.Contains(key));
    }

    [Fact]
    public void Every_test_that_is_named_is_a_test()
    {
        foreach (var (path, text) in Sources())
        {
            var tagged = Attribute().Count(text);
            var read = Tagged().Matches(text).Sum(match => Attribute().Count(match.Value));
            Assert.True(tagged == read, $"{Path.GetRelativePath(Root, path)}: {tagged - read} [Proves] not on a [Fact] or [Theory].");
        }
    }

    [Fact]
    public void The_document_is_up_to_date()
    {
        var path = Path.Combine(Root, "docs", "conformance.md");
        var text = Document();
        if (Environment.GetEnvironmentVariable("AKKA_MQTT_UPDATE_CONFORMANCE") == "1")
            File.WriteAllText(path, text);
        Assert.True(File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == text, "AKKA_MQTT_UPDATE_CONFORMANCE=1 rewrites docs/conformance.md.");
    }

    private static string Document()
    {
        var proofs = Proofs();
        var reasons = Reasons();
        var text = new StringBuilder("""
            # Conformance

            Every numbered statement of MQTT 3.1.1 and 5.0, and the rules of 5.0 that have no number (their `U-` identifiers are ours), with the
            tests that prove it, or the reason why no test does. Generated from the `[Proves]` attributes of the tests, from `wire-cases.tsv` and
            `reasons.tsv` by `ConformanceMapSpec`, which fails when a statement is in neither or this page is not up to date
            (`AKKA_MQTT_UPDATE_CONFORMANCE=1 dotnet test tests/Akka.Mqtt.Conformance.Tests` rewrites it). The same identifier means different
            things in 3.1.1 and 5.0. Texts are paraphrases. A test that is named here runs with every build.


            """.ReplaceLineEndings("\n"));
        text.Append("| standard | statements | proven | reason |\n| --- | ---: | ---: | ---: |\n");
        foreach (var (version, table, title) in Tables)
        {
            var rows = Vectors.Rows(table).Select(row => (version, row[0])).ToList();
            text.Append(CultureInfo.InvariantCulture, $"| {title} | {rows.Count} | {rows.Count(proofs.ContainsKey)} | {rows.Count(reasons.ContainsKey)} |\n");
        }
        foreach (var (version, table, title) in Tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| statement | side | text | proven by |\n| --- | --- | --- | --- |\n");
            foreach (var row in Vectors.Rows(table))
            {
                var by = proofs.TryGetValue((version, row[0]), out var tests)
                    ? string.Join("<br>", tests.Order(StringComparer.Ordinal).Select(test => $"`{test}`"))
                    : reasons.GetValueOrDefault((version, row[0]), "");
                text.Append(CultureInfo.InvariantCulture, $"| {row[0]} | {row[2]} | {row[4].Replace("|", "\\|", StringComparison.Ordinal)} | {by} |\n");
            }
        }
        text.Append("\n## MQTT 3.1\n\n3.1 has no numbered statements. What of it is tested over a connection:\n\n| what | proven by |\n| --- | --- |\n");
        foreach (var (key, tests) in proofs.Where(each => each.Key.Version == "3.1").OrderBy(each => each.Key.Id, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| {key.Id} | {string.Join("<br>", tests.Order(StringComparer.Ordinal).Select(test => $"`{test}`"))} |\n");
        return text.ToString();
    }

    private static IEnumerable<(string Version, string Id)> Statements() =>
        Tables.SelectMany(table => Vectors.Rows(table.Table).Select(row => (table.Version, row[0])));

    private static Dictionary<(string Version, string Id), string> Reasons() =>
        Vectors.Rows("reasons.tsv").ToDictionary(row => (row[0], row[1]), row => row[2]);

    /// <summary>Which tests prove what, by the attributes in the sources of all test projects and by the rows of wire cases.</summary>
    private static Dictionary<(string Version, string Id), SortedSet<string>> Proofs()
    {
        var proofs = new Dictionary<(string, string), SortedSet<string>>();
        void Add(string version, string id, string test)
        {
            if (!proofs.TryGetValue((version, id), out var tests))
                proofs.Add((version, id), tests = []);
            tests.Add(test);
        }
        foreach (var (path, text) in Sources())
        {
            foreach (Match match in Tagged().Matches(text))
            {
                foreach (Match attribute in Attribute().Matches(match.Value))
                {
                    foreach (Match id in Quoted().Matches(attribute.Groups["ids"].Value))
                        Add(attribute.Groups["version"].Value, id.Groups[1].Value, $"{Path.GetFileNameWithoutExtension(path)}.{match.Groups["name"].Value}");
                }
            }
        }
        foreach (var row in Vectors.Rows("wire-cases.tsv"))
        {
            foreach (var id in row[1].Split(' '))
                Add(row[0], id, $"WireCasesSpec.The_server_refuses: {row[5]}");
        }
        return proofs;
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*Spec*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Replace('\\', '/').Contains("/obj/", StringComparison.Ordinal) && !file.EndsWith("ConformanceMapSpec.cs", StringComparison.Ordinal))
            .Select(file => (file, File.ReadAllText(file).ReplaceLineEndings("\n")));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Akka.Mqtt.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The repository was not found above the test.");
    }

    [GeneratedRegex(@"\[Proves\(""(?<version>[\d.]+)"", (?<ids>[^)]*)\)\]")]
    private static partial Regex Attribute();

    // The attributes of one method, with [Fact] or [Theory] and [Proves] among them, up to its name.
    [GeneratedRegex(@"^ *\[(?:Fact|Theory)[^\n]*\n(?:^ *\[[^\n]*\n)*?(?:^ *\[Proves\([^\n]*\)\]\n)+(?:^ *\[[^\n]*\n)*^ *public [^\n(]*? (?<name>\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Tagged();

    [GeneratedRegex(@"""([^""]+)""")]
    private static partial Regex Quoted();
}
