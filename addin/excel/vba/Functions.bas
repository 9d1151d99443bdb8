Option Explicit

' The worksheet functions. Each hands its arguments to addin.functions as they are, and never while the function wizard
' shows its form. When Python cannot be reached a score is #N/A, not words: a text would count as more than any number.

Public Function SCORE(data As Variant, Optional endpoint As Variant, Optional outputs As Variant, Optional headers As Variant) As Variant
    If IsWizardOpen() Then Exit Function
    SCORE = Answer("SCORE", Array(data, endpoint, outputs, headers, Application.Caller), CVErr(xlErrNA))
End Function

Public Function SCORE_SCHEMA(Optional endpoint As Variant) As Variant
    If IsWizardOpen() Then Exit Function
    SCORE_SCHEMA = Answer("SCORE_SCHEMA", Array(endpoint, Application.Caller), NoAnswer())
End Function

Public Function SCORE_SAMPLE(Optional endpoint As Variant, Optional rows As Variant) As Variant
    If IsWizardOpen() Then Exit Function
    SCORE_SAMPLE = Answer("SCORE_SAMPLE", Array(endpoint, rows, Application.Caller), NoAnswer())
End Function

Public Function SCORE_ENDPOINTS() As Variant
    If IsWizardOpen() Then Exit Function
    SCORE_ENDPOINTS = Answer("SCORE_ENDPOINTS", Array(Application.Caller), NoAnswer())
End Function

Public Function SCORE_STATUS(cell As Variant) As Variant
    If IsWizardOpen() Then Exit Function
    SCORE_STATUS = Answer("SCORE_STATUS", Array(cell, Application.Caller), NoAnswer())
End Function

Private Function Answer(ByVal name As String, ByVal arguments As Variant, ByVal failure As Variant) As Variant
    Dim python As New Bridge
    Answer = failure
    #If Not Mac Then
        If TypeName(Application.Caller) <> "Range" Then Exit Function
        On Error GoTo Failed
        Answer = WithErrors(python.CallFunction(name, arguments, Application.Caller))
        Exit Function
Failed:
        Answer = failure
    #End If
End Function

' Python cannot hand over the error of a cell. For #N/A it sends Null, which no cell can hold.
Private Function WithErrors(ByVal result As Variant) As Variant
    Dim row As Long, column As Long
    If Not IsArray(result) Then
        If IsNull(result) Then result = CVErr(xlErrNA)
    ElseIf IsOneRow(result) Then
        For column = LBound(result) To UBound(result)
            If IsNull(result(column)) Then result(column) = CVErr(xlErrNA)
        Next
    Else
        For row = LBound(result, 1) To UBound(result, 1)
            For column = LBound(result, 2) To UBound(result, 2)
                If IsNull(result(row, column)) Then result(row, column) = CVErr(xlErrNA)
            Next
        Next
    End If
    WithErrors = result
End Function

' xlwings hands over a single row as an array of one dimension.
Private Function IsOneRow(ByVal result As Variant) As Boolean
    Dim last As Long
    On Error Resume Next
    last = UBound(result, 2)
    IsOneRow = (Err.Number <> 0)
    Err.Clear
End Function

Private Function NoAnswer() As String
    #If Mac Then
        NoAnswer = "Sheetscore's worksheet functions work in Excel for Windows only. The ribbon's buttons work here."
    #Else
        NoAnswer = "Sheetscore's Python did not answer. In a terminal, run:  sheetscore addin doctor"
    #End If
End Function

Private Function IsWizardOpen() As Boolean
    On Error Resume Next
    IsWizardOpen = Not Application.CommandBars("Standard").Controls(1).Enabled
End Function

' Tell Excel what the functions and their arguments are for. Starts no Python.
Public Sub RegisterHelp()
    #If Not Mac Then
        Describe "SCORE", "Scores rows: one row of results for each row of data.", _
            Array("The rows to score: a range or a table", _
                  "Name of the endpoint; left out, the one chosen in the ribbon", _
                  "Names of the outputs wanted; left out, all of them", _
                  "TRUE if data begins with its header row, FALSE if it has none, or the range of the headers")
        Describe "SCORE_SCHEMA", "Lists what an endpoint wants and what it returns.", _
            Array("Name of the endpoint; left out, the one chosen in the ribbon")
        Describe "SCORE_SAMPLE", "Shows rows that an endpoint gives as an example.", _
            Array("Name of the endpoint; left out, the one chosen in the ribbon", "How many rows; left out, all of them")
        Describe "SCORE_ENDPOINTS", "Lists your endpoints.", Array()
        Describe "SCORE_STATUS", "Says in full why a row has no score.", Array("A cell that SCORE has filled")
    #End If
End Sub

Private Sub Describe(ByVal name As String, ByVal purpose As String, ByVal arguments As Variant)
    On Error Resume Next
    SetHelp name, purpose, arguments
    If Err.Number = 0 Then Exit Sub
    Err.Clear
    ThisWorkbook.IsAddin = False  ' Excel may refuse to describe what is in a hidden workbook
    SetHelp name, purpose, arguments
    ThisWorkbook.IsAddin = True
    ThisWorkbook.Saved = True
End Sub

Private Sub SetHelp(ByVal name As String, ByVal purpose As String, ByVal arguments As Variant)
    If UBound(arguments) < 0 Then
        Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & name, Description:=purpose, Category:="Sheetscore"
    Else
        Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & name, Description:=purpose, _
            Category:="Sheetscore", ArgumentDescriptions:=arguments
    End If
End Sub
